// MachineLock: keeps gates on one machine apart, whoever runs them and wherever each keeps its
// state: many may build side by side (shared), but who times something is alone (exclusive). Two
// advisory locks on one file, both of which end with their process however it ends: flock(2) is the
// machine, and byte 0 (fcntl, of the open file) is the door that somebody closes who waits to be
// alone, so that a stream of builds cannot keep him out for ever. What is in the file means
// nothing.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "core/base/fd.h"
#include "core/base/result.h"

namespace melisai {

class MachineLock {
 public:
  /// `path`: absolute; made when it is not there, for every user. Takes nothing yet. Errors: io,
  /// not_found, disk_full: this file cannot be used.
  static Result<MachineLock> open(const std::string& path);

  /// False: somebody is alone on the machine, or waits to be. Never waits. What was held before is
  /// given up first. Errors: as of open().
  Result<bool> try_share();
  /// False: somebody else uses the machine; from now on nobody new may share it, until this object
  /// has had its turn or gives up. The rest is as of try_share().
  Result<bool> try_claim();
  /// Gives everything up, the door too.
  void release();

  struct Holder {
    pid_t pid = 0;
    bool alone = false;
    bool above_us = false;  ///< our parent, or one of its parents
  };
  /// Other processes that use the machine, as far as the kernel shows them.
  std::vector<Holder> holders() const;

 private:
  MachineLock(std::string path, Fd file) : path_(std::move(path)), file_(std::move(file)) {}
  Result<bool> take(int how);
  bool close_door();
  void open_door();
  bool is_door_closed() const;

  std::string path_;
  Fd file_;
};

/// The command line of a process, for a message; "" when it is not known.
std::string command_line_of(pid_t pid);

}  // namespace melisai
