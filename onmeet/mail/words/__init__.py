"""The sentences of our mails, a module a language; `onmeet.mail.texts` finds them."""
