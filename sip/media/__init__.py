"""The sound of one telephone leg: packets on one side, frames of 20 ms at 16 kHz on the other."""
