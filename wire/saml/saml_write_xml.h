/* saml_write_xml.h - the words of canonical XML: text, attributes and instants, escaped. */
#ifndef WIRE_SAML_SAML_WRITE_XML_H
#define WIRE_SAML_SAML_WRITE_XML_H
#include "base/str.h"

/* As C14N 1.0 2.3 escapes: & < > and CR in text; & < " and TAB, LF, CR in attributes. */
void xml_add_text(struct buf *out, struct str s);
void xml_add_value(struct buf *out, struct str s);
/* ' name="value"' */
void xml_add_attr(struct buf *out, const char *name, struct str value);
void xml_add_attr_c(struct buf *out, const char *name, const char *value);
void xml_add_attr_opt(struct buf *out, const char *name, struct str value);   /* nothing when empty */
/* ' name="2026-11-24T10:42:00Z"' (SAML Core 1.3.3: UTC); nothing for 0. */
void xml_add_attr_time(struct buf *out, const char *name, int64_t t_s);
/* '<open>value</close>': open with its attributes, close the name alone. */
void xml_add_element(struct buf *out, const char *open, struct str value, const char *close);

/* May it stand in XML 1.0, and is it one line for people? UTF-8 without control characters (C0, DEL,
 * C1), line separators, and the two non-characters that XML excludes. */
bool xml_is_line(struct str s);
#endif
