/* A form that a person need not press: whoever only looks at the page, as scanners of mail do, sends nothing. */

const form = document.getElementById('at-once');
if (form instanceof HTMLFormElement) form.submit();
