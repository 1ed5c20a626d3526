// Discovery: which files in the plugin directories are collectors, and which of them are too open
// to others to be run. Reads the file system and nothing else.
#pragma once

#include <string>
#include <vector>

namespace melisai::collect {

struct Candidate {
  std::string file;      ///< absolute
  std::string name;      ///< of the file, without ".so"
  bool program = false;  ///< an executable that speaks frames itself, not a plugin
  std::string refused;   ///< why it is not to be started, "" for a sound one
};

/// *.so files and executables, directory by directory, sorted by file name within one; no descent,
/// no hidden files. Of more than `candidates_max` the first, then one that is refused and counts
/// the rest.
std::vector<Candidate> discover(const std::vector<std::string>& directories, int candidates_max);

}  // namespace melisai::collect
