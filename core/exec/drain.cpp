#include "core/exec/drain.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace melisai::exec {
namespace {

// O_NOFOLLOW and O_NONBLOCK: what lies at the path may be a link or a FIFO that an earlier workload
// has put there.
int open_output(const char* path, int& error) {
  const int fd =
      open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
  struct stat status {};
  if (fd < 0 || fstat(fd, &status) != 0) {
    error = errno;
    return -1;
  }
  if (S_ISREG(status.st_mode) || S_ISCHR(status.st_mode)) return fd;
  close(fd);
  error = EINVAL;
  return -1;
}

}  // namespace

int Drain::open(const char* path, std::uint64_t output_max, const MaskPatterns* patterns) {
  int error = 0;
  const auto keep_masked = [](void* self, const char* data, std::size_t size) {
    static_cast<Drain*>(self)->keep(data, size);
  };
  masks_ = patterns != nullptr;
  if (masks_ && !masked_.open(*patterns, keep_masked, this)) return ENOMEM;
  file_ = open_output(path[0] == '\0' ? "/dev/null" : path, error);
  if (file_ < 0) return error;
  tail_max_ = static_cast<std::size_t>(std::min<std::uint64_t>(kTailBytes, output_max / 2));
  head_left_ = output_max - tail_max_;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return errno;
  read_end_ = ends[0];
  write_end_ = ends[1];
  fcntl(read_end_, F_SETFL, O_NONBLOCK);
  return 0;
}

void Drain::close_write_end() {
  if (write_end_ >= 0) close(write_end_);
  write_end_ = -1;
}

void Drain::drain() {
  static char buffer[64 << 10];
  const ssize_t size = read(read_end_, buffer, sizeof buffer);
  if (size > 0 && masks_) {
    masked_.write(buffer, static_cast<std::size_t>(size));
  } else if (size > 0) {
    keep(buffer, static_cast<std::size_t>(size));
  } else if (size == 0 || errno != EAGAIN) {
    close(read_end_);
    read_end_ = -1;
  }
}

void Drain::keep(const char* data, std::size_t size) {
  const auto head = static_cast<std::size_t>(std::min<std::uint64_t>(head_left_, size));
  store(data, head);
  head_left_ -= head;
  if (tail_max_ > 0) {
    keep_tail(data + head, size - head);
  } else {
    dropped_ += size - head;
  }
}

void Drain::keep_tail(const char* data, std::size_t size) {
  if (size > tail_max_) {  // only its end can survive
    tail_seen_ += size - tail_max_;
    data += size - tail_max_;
    size = tail_max_;
  }
  while (size > 0) {
    const std::size_t at = static_cast<std::size_t>(tail_seen_ % tail_max_);
    const std::size_t part = std::min(size, tail_max_ - at);
    std::memcpy(tail_ + at, data, part);
    tail_seen_ += part;
    data += part;
    size -= part;
  }
}

void Drain::store(const char* data, std::size_t size) {
  while (size > 0 && error_ == 0) {
    const ssize_t written = write(file_, data, size);
    if (written <= 0) {
      error_ = written == 0 ? EIO : errno;
      return;
    }
    data += written;
    size -= static_cast<std::size_t>(written);
  }
}

void Drain::finish() {
  if (file_ < 0) return;
  if (masks_) masked_.finish();
  if (tail_seen_ > tail_max_) dropped_ += tail_seen_ - tail_max_;
  if (dropped_ > 0) {
    char marker[80];
    const int size = std::snprintf(marker, sizeof marker, "\n[melisai-gate: %llu bytes dropped]\n",
                                   static_cast<unsigned long long>(dropped_));
    store(marker, static_cast<std::size_t>(size));
  }
  if (tail_seen_ > tail_max_) {
    const std::size_t oldest = static_cast<std::size_t>(tail_seen_ % tail_max_);
    store(tail_ + oldest, tail_max_ - oldest);
    store(tail_, oldest);
  } else {
    store(tail_, static_cast<std::size_t>(tail_seen_));
  }
  // Some file systems report a full disk or quota only now.
  if (close(file_) != 0 && error_ == 0) error_ = errno;
  file_ = -1;
}

}  // namespace melisai::exec
