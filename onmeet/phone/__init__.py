"""What pages and the telephone gateway both know: settings of trunks and numbers, how a number is shown, what
calls may cost. It stands beside `accounts`, `meetings` and `relay` and imports none of them."""
