// A small /proc and /sys in a temporary directory, written file by file: what collectors read in
// tests. Lines look like those of Linux 6.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "plugins/common/proc.h"

namespace melisai::plugins {

/// Fields of /proc/<pid>/stat that collectors read; the rest is filled with other numbers.
struct StatFields {
  std::int64_t process = 0;
  std::string name = "bench";
  char state = 'S';
  std::int64_t parent = 1;
  int minor_faults = 0;
  int children_minor_faults = 0;
  int major_faults = 0;
  int children_major_faults = 0;
  int user = 0;
  int system = 0;
  int children_user = 0;
  int children_system = 0;
  int threads = 1;
  int start = 5000;
  int resident_pages = 0;
};

inline std::string stat_line(const StatFields& f) {
  const auto text = [](auto number) { return std::to_string(number) + " "; };
  return text(f.process) + "(" + f.name + ") " + f.state + " " + text(f.parent) +
         "8110 4642 0 -1 4227084 " + text(f.minor_faults) + text(f.children_minor_faults) +
         text(f.major_faults) + text(f.children_major_faults) + text(f.user) + text(f.system) +
         text(f.children_user) + text(f.children_system) + "20 0 " + text(f.threads) + "0 " +
         text(f.start) + "2560000 " + text(f.resident_pages) +
         "18446744073709551615 0 0 0 0 0 0 0 16781312 65538 1 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n";
}

class ProcFixture : public ::testing::Test {
 protected:
  std::string proc() const { return directory_.path() + "/proc"; }
  std::string sys() const { return directory_.path() + "/sys"; }

  /// Keeps the file itself when it exists, like /proc: who has it open sees the new content.
  void put(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  void put_proc(const std::string& name, const std::string& text) const {
    put(proc() + "/" + name, text);
  }

  struct Process {
    StatFields stat;
    int peak_kib = 0;
    std::vector<int> other_threads;
    std::map<int, int> run_delays;  // thread -> ns
    std::string children;
  };
  void put_process(const Process& process, bool lists_children = true) const {
    const std::string number = std::to_string(process.stat.process) + "/";
    put_proc(number + "stat", stat_line(process.stat));
    put_proc(number + "status", "Name:\tbench\nVmHWM:\t    " + std::to_string(process.peak_kib) +
                                    " kB\nThreads:\t1\n");
    std::vector<int> threads = process.other_threads;
    threads.push_back(static_cast<int>(process.stat.process));
    for (const int thread : threads) {
      const std::string task = number + "task/" + std::to_string(thread) + "/";
      const auto delay = process.run_delays.find(thread);
      put_proc(
          task + "schedstat",
          "900 " + std::to_string(delay == process.run_delays.end() ? 0 : delay->second) + " 7\n");
      if (lists_children)
        put_proc(task + "children", thread == process.stat.process ? process.children : "");
    }
  }
  void remove_process(std::int64_t process) const {
    std::filesystem::remove_all(proc() + "/" + std::to_string(process));
  }

  TemporaryDirectory directory_ =
      TemporaryDirectory::make(std::filesystem::temp_directory_path(), "melisai-proc-").value();
};

inline std::map<std::string, double, std::less<>> by_name(const std::vector<Number>& numbers) {
  std::map<std::string, double, std::less<>> map;
  for (const Number& number : numbers) map[std::string(number.name)] = number.value;
  return map;
}

}  // namespace melisai::plugins
