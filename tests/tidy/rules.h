// The rules of the style guide that a machine can check. Each takes one file (or the listing of a
// folder) and returns what breaks the rule; the tables of folders and libraries are in
// rules_include.cpp.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "tests/tidy/source.h"

namespace melisai::tidy {

/// base <- model <- stats <- store <- steps <- orchestrator <- supervise, http <- serve <- main
/// For files under core/ and plugins/; steps never include each other, and others see only a step's
/// public header.
Findings check_dependencies(const SourceFile& file);

/// Each third-party library is included only by the files that own it, and those that are slow to
/// compile not by headers of the product.
Findings check_libraries(const SourceFile& file);

/// Own includes are quoted, relative to the root, and the own header comes first. `files`: every
/// path in the repository.
Findings check_include_style(const SourceFile& file, const std::set<std::string>& files);

/// A header starts with a comment that says what it is, then has #pragma once.
Findings check_header_start(const SourceFile& file);

/// At most 400 lines, 100 columns (code points), no tab, no blank at the end of a line, a newline
/// at the end.
Findings check_layout(const SourceFile& file);

/// Functions have at most 70 lines, from the first line of the declaration to the closing brace.
Findings check_function_length(const SourceFile& file);

/// No `using namespace` (but for literals, and our own in a main.cpp), std::regex, new or delete
/// expression, nor a to-do without an issue.
Findings check_language(const SourceFile& file);

/// No path of somebody's machine. For any text file.
Findings check_machine_paths(const SourceFile& file);

/// Every .cpp that a CMakeLists.txt lists exists, and every .cpp of `files` is listed by one.
Findings check_listed_sources(const std::vector<SourceFile>& cmake_files,
                              const std::set<std::string>& files);

/// Every step folder that has sources has its public header.
Findings check_public_headers(const std::set<std::string>& files);

}  // namespace melisai::tidy
