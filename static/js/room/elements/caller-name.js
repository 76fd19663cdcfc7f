/** @import {Strings} from '../strings.js' */
/** @import {Waiting} from '../waiting-calls.js' */

/**
 * Who calls, as far as it may be shown.
 * @param {Waiting} caller
 * @param {Strings} strings
 */
export function callerName({ label, withheld }, strings) {
  return withheld ? strings.t('callers.withheld') : label || strings.t('callers.unknown');
}
