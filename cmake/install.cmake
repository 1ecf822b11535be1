# SPDX-License-Identifier: Apache-2.0
# cmake --install: runs from any prefix, because what looks for files looks from where it stands (src/engine/loader.cpp). CPack makes a Debian package of it.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# Manual page and completion scripts, by the program that was just built.
set(pages ${CMAKE_BINARY_DIR}/pages)
add_custom_command(
  OUTPUT ${pages}/qmn.1 ${pages}/qmn.bash ${pages}/_qmn ${pages}/qmn.fish
  COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:qmn> -DFOLDER=${pages} -P ${CMAKE_SOURCE_DIR}/cmake/write_pages.cmake
  DEPENDS qmn ${CMAKE_SOURCE_DIR}/cmake/write_pages.cmake
  COMMENT "Writing the manual page and completion scripts"
  VERBATIM)
add_custom_target(qmn_pages ALL DEPENDS ${pages}/qmn.1 ${pages}/qmn.bash ${pages}/_qmn ${pages}/qmn.fish)

install(TARGETS qmn RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS qmn_engine_module LIBRARY DESTINATION lib/qmn)
install(TARGETS qmn_shared EXPORT qmn_targets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} ${CMAKE_INSTALL_INCLUDEDIR}/qmn)
get_property(headers GLOBAL PROPERTY QMN_PUBLIC_HEADERS)
foreach(header IN LISTS headers)
  get_filename_component(folder ${header} DIRECTORY)
  if(header STREQUAL "library/qmn.h")
    set(folder "")
  endif()
  install(FILES src/${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/qmn/${folder})
endforeach()

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/qmn)
install(EXPORT qmn_targets NAMESPACE qmn:: FILE qmnTargets.cmake DESTINATION ${package_folder})
configure_package_config_file(cmake/qmnConfig.cmake.in ${CMAKE_BINARY_DIR}/qmnConfig.cmake INSTALL_DESTINATION ${package_folder} PATH_VARS CMAKE_INSTALL_DATADIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/qmnConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/qmnConfig.cmake ${CMAKE_BINARY_DIR}/qmnConfigVersion.cmake DESTINATION ${package_folder})

install(DIRECTORY runtime boards DESTINATION ${CMAKE_INSTALL_DATADIR}/qmn PATTERN CMakeLists.txt EXCLUDE)
install(FILES ${pages}/qmn.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${pages}/qmn.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME qmn)
install(FILES ${pages}/_qmn DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${pages}/qmn.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES README.md CHANGELOG.md NOTICE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME qmn)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The qmn project <qmn@invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "From recordings to an 8-bit program on an Arm Cortex-M, bit for bit as measured")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Beside the libraries that dpkg-shlibdeps finds: a BLAS that is not the slow one. What qmn doctor asks for is recommended, what find_package(qmn) takes is suggested.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libopenblas0-pthread")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "cmake, ninja-build, gcc, libc6-dev, gcc-arm-none-eabi, libnewlib-arm-none-eabi, binutils-arm-none-eabi, qemu-system-arm, espeak-ng, flite, ca-certificates")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "g++, libfmt-dev")
include(CPack)
