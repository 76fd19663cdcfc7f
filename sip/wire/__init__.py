"""Where SIP meets the network: transports, names, and the list of who may talk to us."""
