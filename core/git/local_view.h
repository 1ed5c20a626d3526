// LocalView: a repository of this machine with some of its refs only. libgit2's local transport
// copies what any ref of a repository reaches, whatever is asked for: commits of pull requests that
// nobody has approved would lie in the mirror of trusted runs. So it is shown a repository that has
// the others' objects (objects/info/alternates) and only the refs that are wanted.
#pragma once

#include <string>

#include "core/git/library.h"

namespace melisai::git {

class LocalView {
 public:
  struct Wanted {
    std::string url;        ///< is_local_url()
    std::string proposal;   ///< besides branches and tags; "": none
    std::string directory;  ///< of the view; what is there is removed
  };
  /// Errors: git, io, disk_full.
  static Result<LocalView> make(const Wanted& wanted);
  LocalView(LocalView&& other) noexcept : path_(std::exchange(other.path_, "")) {}
  LocalView& operator=(LocalView&&) = delete;
  ~LocalView();  ///< removes it

  const std::string& path() const { return path_; }

 private:
  explicit LocalView(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace melisai::git
