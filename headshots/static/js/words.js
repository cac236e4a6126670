// Sentences of the scripts in the page's language. What has no translation stays as it is.
"use strict";
(() => {
  const words = window.WORDS || {};
  const language = document.documentElement.lang;
  const many = (n) => (language === "fr" ? n > 1 : n !== 1);
  const fill = (text, values) =>
    text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
  window.gettext = (text, values = {}) => fill(words[text] || text, values);
  window.ngettext = (one, others, n, values = {}) => {
    const forms = words[one] || [one, others];
    return fill(forms[many(n) ? 1 : 0], { n, ...values });
  };
})();
