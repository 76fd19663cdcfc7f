// Writes a calendar file for each event that comes in, as JSON: for tests that read them with another program.
import { calendarFile } from '../../static/js/pages/ics.js';

let input = '';
for await (const piece of process.stdin) input += piece;
process.stdout.write(JSON.stringify(JSON.parse(input).map(({ event, ...more }) => calendarFile(event, more))));
