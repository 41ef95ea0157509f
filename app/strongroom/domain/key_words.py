# SPDX-License-Identifier: Apache-2.0
"""Why nobody can sign here: one sentence for each reason, in the window and on the terminal."""

NO_KEY = "There is no key here yet"
MAKE_ONE = "Make one on the People page, or with: strongroom identity create --name NAME."
NOT_IN_TEAM = "The key of this workstation is not in the team"
ONLY_ADMINS = "Only an admin of the team admits, gives and ends rights"
KEYCHAIN_LOCKED = "The keychain of this session is locked"
OWN_KEY_ASKED = "Passphrase of this identity"
"""What is asked for to open one's own key; another question is about another key."""
