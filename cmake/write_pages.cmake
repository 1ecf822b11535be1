# SPDX-License-Identifier: Apache-2.0
# cmake -DPROGRAM=qmn -DFOLDER=… -P write_pages.cmake: the manual page and the completion scripts of a program that was built.
file(MAKE_DIRECTORY ${FOLDER})
function(write file)
  execute_process(COMMAND ${PROGRAM} ${ARGN} OUTPUT_FILE ${FOLDER}/${file} COMMAND_ERROR_IS_FATAL ANY)
endfunction()
write(qmn.1 manual)
write(qmn.bash completion bash)
write(_qmn completion zsh)
write(qmn.fish completion fish)
