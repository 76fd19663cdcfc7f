/**
 * A text that the server translated and put into the page's `<template id="texts">`.
 * @param {string} name
 */
export function text(name) {
  const all = /** @type {HTMLTemplateElement} */ (document.getElementById('texts')).content;
  return all.querySelector(`[data-text="${name}"]`)?.textContent ?? name;
}
