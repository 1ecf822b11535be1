# SPDX-License-Identifier: Apache-2.0
# cmake -DROOT=… -DOUTPUT=x.cpp -DFILES=a;b -P embed_files.cmake: writes the table behind src/emit/embedded_files.h.
set(text "// SPDX-License-Identifier: Apache-2.0\n// Generated from runtime/ and boards/ by cmake/embed_files.cmake.\n#include \"emit/embedded_files.h\"\n\n")
string(APPEND text "namespace qmn {\n\nconst std::map<std::string, std::string_view>& embedded_files() {\n  static const std::map<std::string, std::string_view> files{\n")
list(SORT FILES)
foreach(file IN LISTS FILES)
  file(RELATIVE_PATH name ${ROOT} ${file})
  file(READ ${file} content)
  string(APPEND text "      {\"${name}\", R\"qmn_file(${content})qmn_file\"},\n")
endforeach()
string(APPEND text "  };\n  return files;\n}\n\n}  // namespace qmn\n")
file(WRITE ${OUTPUT} "${text}")
