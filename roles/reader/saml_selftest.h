/* saml_selftest.h - what a starting reader verifies, to be sure of its libraries and to warm them up. */
#ifndef ROLES_READER_SAML_SELFTEST_H
#define ROLES_READER_SAML_SELFTEST_H
#include "base/str.h"

enum { SAML_SELFTEST_N = 2 };

struct saml_selftest { struct str message, certificate; };   /* the form's field; PEM */
extern const struct saml_selftest saml_selftests[SAML_SELFTEST_N];
#endif
