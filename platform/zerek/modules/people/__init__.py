"""Persons, accounts, roles, sign-in, and the OpenID Connect provider."""
