"""With what people get into their account: passkeys, authenticator apps, recovery codes, single sign-on.

`guards` has the decorators for views that need a fresh proof or an operator; `second` is called between the
right password and the way in.
"""
