// Stacks of the test program itself, as a collector tells them: files and offsets.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "core/base/files.h"
#include "core/flame/flame.h"
#include "core/symbols/image.h"

namespace melisai::naming {

// Not in the unnamed namespace: they have to have names.
__attribute__((noinline)) inline int caller_of_this_test(int x) { return x * 5 + 2; }
__attribute__((noinline)) inline int callee_of_this_test(int x) { return x * 3 + 1; }

inline const std::string kNamingProgram = MELISAI_BIN_DIR "/melisai-gate-symbols";

/// Where in its file a function of this program lies.
inline std::uint64_t offset_of(int (*function)(int)) {
  const auto address = reinterpret_cast<std::uint64_t>(function);
  const Result<std::string> maps = read_file("/proc/self/maps", 4 << 20);
  for (const symbols::Mapping& each : symbols::parse_maps(maps ? *maps : ""))
    if (address >= each.start && address < each.end) return address - each.start + each.file_offset;
  ADD_FAILURE() << "no mapping holds the function";
  return 0;
}

/// Two stacks that share their caller; of a process that is gone.
inline std::string own_stacks() {
  const std::string caller = "[0," + std::to_string(offset_of(caller_of_this_test) + 1) + "]";
  const std::string callee = "[0," + std::to_string(offset_of(callee_of_this_test)) + "]";
  const std::string head = R"({"pid":999999999,"comm":"own test",)";
  return R"({"files":[{"path":")" + std::filesystem::read_symlink("/proc/self/exe").string() +
         R"("},{"path":"/no/such/file"}],"stacks":[)" + head +
         R"("count":3,"total_ns":7,"user":[)" + callee + "," + caller +
         R"(],"kernel":["do_exit","sys_exit"]},)" + head +
         R"("count":2.5,"total_ns":1e9,"user":[[1,77],)" + caller + R"(],"kernel":[]}]})";
}

}  // namespace melisai::naming
