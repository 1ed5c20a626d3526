# bin/, lib/melisai-gate/plugins/ and libexec/melisai-gate/ are fixed names: the program looks for its helpers in
# ../libexec/melisai-gate and for collectors in ../lib/melisai-gate/plugins.

# Collectors in a directory that a group may write to are refused, so the umask of who installs must not matter.
set(CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

if(TARGET melisai-gate)
  install(TARGETS melisai-gate RUNTIME DESTINATION bin)
endif()
install(TARGETS melisai-gate-exec melisai-gate-git melisai-gate-https melisai-gate-mail melisai-gate-symbols melisai-gate-worker RUNTIME DESTINATION libexec/melisai-gate)
install(TARGETS perf process procfs quiet LIBRARY DESTINATION lib/melisai-gate/plugins)
if(TARGET ebpf)
  install(TARGETS ebpf LIBRARY DESTINATION lib/melisai-gate/plugins)
  # Not for everybody: with capabilities (setcap; melisai-gate doctor --fix-commands) it shows what all users run.
  install(TARGETS melisai-gate-worker-bpf RUNTIME DESTINATION libexec/melisai-gate
    PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE)
  install(FILES plugins/ebpf/README.md DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/melisai-gate/plugins/ebpf)
  install(DIRECTORY LICENSES/ DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/melisai-gate/LICENSES)
endif()

set(melisai_data ${CMAKE_INSTALL_DATADIR}/melisai-gate)
install(DIRECTORY pipelines/ DESTINATION ${melisai_data}/pipelines)
install(DIRECTORY config/schema/ DESTINATION ${melisai_data}/schema)
install(FILES config/systemd/melisai-gate.service DESTINATION lib/systemd/system)
install(FILES config/melisai-gate.yaml config/serve.yaml DESTINATION ${melisai_data}/config)
install(FILES README.md LICENSE CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/melisai-gate)

# What authors of collectors need: headers, find_package(melisai-gate-sdk), an example.
include(CMakePackageConfigHelpers)
set(melisai_sdk_package lib/cmake/melisai-gate-sdk)
install(DIRECTORY plugins/sdk/include/ DESTINATION include)
install(TARGETS melisai_sdk EXPORT melisai-gate-sdkTargets)
install(EXPORT melisai-gate-sdkTargets NAMESPACE melisai:: DESTINATION ${melisai_sdk_package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/melisai-gate-sdkConfigVersion.cmake
  COMPATIBILITY SameMajorVersion ARCH_INDEPENDENT)
install(DIRECTORY plugins/sdk/cmake/ DESTINATION ${melisai_sdk_package})
install(FILES ${PROJECT_BINARY_DIR}/melisai-gate-sdkConfigVersion.cmake DESTINATION ${melisai_sdk_package})
install(DIRECTORY plugins/template/ DESTINATION ${melisai_data}/template USE_SOURCE_PERMISSIONS
  PATTERN __pycache__ EXCLUDE)
foreach(folder . perf process procfs quiet)
  install(FILES plugins/${folder}/README.md DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/melisai-gate/plugins/${folder})
endforeach()
