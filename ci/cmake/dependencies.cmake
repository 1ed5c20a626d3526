# Every third-party library is found here, once. Debian packages only; nothing is downloaded.

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(spdlog REQUIRED)
find_package(PkgConfig REQUIRED)
# 1.5.1 with Debian's security update deb12u2; pkg-config cannot see Debian revisions, ci/setup checks them.
pkg_check_modules(libgit2 REQUIRED IMPORTED_TARGET libgit2>=1.5.1)

# 7.85: CURLOPT_PROTOCOLS_STR.
pkg_check_modules(libcurl REQUIRED IMPORTED_TARGET libcurl>=7.85)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3>=3.40)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)
# Since 2.4.0 it stops entity bombs by itself.
pkg_check_modules(expat REQUIRED IMPORTED_TARGET expat>=2.4.0)

# Signatures of webhooks, tokens, and TLS of the daemon's HTTP server.
find_package(OpenSSL 3.0 REQUIRED)

find_package(date REQUIRED)

# Symbols of profiled programs, and the lines of their top functions.
pkg_check_modules(libelf REQUIRED IMPORTED_TARGET libelf)
pkg_check_modules(libdw REQUIRED IMPORTED_TARGET libdw)

find_path(CLI11_INCLUDE_DIR CLI/CLI.hpp REQUIRED)

# Third-party headers are not ours to warn about.
add_library(melisai_boost INTERFACE)
target_include_directories(melisai_boost SYSTEM INTERFACE ${Boost_INCLUDE_DIRS})
target_link_libraries(melisai_boost INTERFACE Threads::Threads)
add_library(melisai_yaml INTERFACE)
target_link_libraries(melisai_yaml INTERFACE yaml-cpp)
