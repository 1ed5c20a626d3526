# bin/ and libexec/melisai-gate/ are fixed names: the program looks for its helpers in ../libexec/melisai-gate.

if(TARGET melisai-gate)
  install(TARGETS melisai-gate RUNTIME DESTINATION bin)
endif()
install(TARGETS melisai-gate-exec melisai-gate-git RUNTIME DESTINATION libexec/melisai-gate)

set(melisai_data ${CMAKE_INSTALL_DATADIR}/melisai-gate)
install(DIRECTORY pipelines/ DESTINATION ${melisai_data}/pipelines)
install(DIRECTORY config/schema/ DESTINATION ${melisai_data}/schema)
install(FILES config/melisai-gate.yaml DESTINATION ${melisai_data}/config)
install(FILES README.md LICENSE CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/melisai-gate)
