// The files of a source tree, within bounds. Private to core/init.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace melisai::init {

class SourceTree {
 public:
  /// Links are not followed; what is hidden, built or installed there is passed over. Errors:
  /// usage.
  static Result<SourceTree> read(const std::string& root);

  const std::vector<std::string>& files() const { return files_; }  ///< relative, ascending
  bool has(std::string_view path) const;
  /// "" of what is not there, too large or no text.
  std::string text(const std::string& path) const;
  /// Those of that name, at any depth.
  std::vector<std::string> named(std::string_view name) const;
  /// Those whose name ends so.
  std::vector<std::string> ending(std::string_view end) const;
  bool is_cut() const { return is_cut_; }  ///< there are more files than were looked at

 private:
  std::string root_;
  std::vector<std::string> files_;
  bool is_cut_ = false;
};

std::string directory_of(std::string_view path);  ///< "" for the root
std::string name_of(std::string_view path);       ///< what follows the last slash

}  // namespace melisai::init
