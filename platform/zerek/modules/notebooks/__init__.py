"""Pupils' servers on the Hub: start them, put and fetch files of a person's home by path, whatever they are."""
