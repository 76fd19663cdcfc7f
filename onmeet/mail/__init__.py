"""Mail: a queue without addresses or contents, the texts, and the ways out (SMTP, or a folder without it).

    letters     the kinds of mail: what each is for and which categories of data it uses
    queue       `enqueue` in the transaction of what the mail is about
    texts       the sentences, in German, English and French
    render      letter + what the database holds now -> a message
    dispatch    sends what is due; called by the keeper every minute
    smtp, outbox  two `Mailer`s

May import notices and what lies below. Who an account is comes through `Addresses`, because accounts are a
sibling of this package.
"""
