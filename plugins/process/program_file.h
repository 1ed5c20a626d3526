// What the file of a program tells of how its process may be traced. A traced process differs from
// others in two ways: nobody else can trace it, and executing a file that gives other rights gives
// none. Paths are looked up as they stand, "/proc/7/exe" included.
#pragma once

#include <string>
#include <string_view>

namespace melisai::plugins {

/// Its process wants to be traced by itself or by a child of its own: it was built with
/// LeakSanitizer, or it calls ptrace. True also where its symbols cannot be read; false for a
/// program without any.
bool may_trace_itself(const std::string& path);

/// `environment` is /proc/<pid>/environ: a library with LeakSanitizer is loaded into the program.
bool preloads_leak_checker(std::string_view environment);

/// Set-user-id, set-group-id or capabilities of the file or, of a script, of its interpreter, which
/// is looked up below `root`. False for what cannot be read, which cannot be executed either.
bool changes_rights(std::string path, const std::string& root);

/// A shell, or a program like `env`, whose process becomes another program. `name` without
/// directory.
bool becomes_another(std::string_view name);

}  // namespace melisai::plugins
