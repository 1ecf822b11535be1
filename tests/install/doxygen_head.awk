# SPDX-License-Identifier: Apache-2.0
# The head of a header, "// folder/x.h   text" on line 2 and what follows it, as the documentation of that file.
NR == 2 && /^\/\/ [a-z_]+\/[a-z_0-9]+\.h/ { print "/** \\file " $2; print "\\verbatim"; sub(/^\/\/ [^ ]+ */, ""); print; is_head = 1; next }
is_head && /^\/\// { sub(/^\/\/ ?/, ""); print; next }
is_head { print "\\endverbatim */"; is_head = 0 }
{ print }
