include(${CMAKE_CURRENT_LIST_DIR}/melisai-gate-sdkTargets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/melisai_add_collector.cmake)
