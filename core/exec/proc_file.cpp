#include "core/exec/proc_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>

namespace melisai::exec {

ssize_t read_text(const char* path, char* buffer, std::size_t capacity) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  const ssize_t size = read(fd, buffer, capacity - 1);
  close(fd);
  buffer[size < 0 ? 0 : size] = '\0';
  return size;
}

LineReader::LineReader(const char* path) : fd_(open(path, O_RDONLY | O_CLOEXEC)) {}

LineReader::~LineReader() {
  if (fd_ >= 0) close(fd_);
}

bool LineReader::fill() {
  std::memmove(buffer_, buffer_ + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  const ssize_t size = fd_ < 0 ? 0 : read(fd_, buffer_ + end_, sizeof buffer_ - end_);
  if (size <= 0) return false;
  end_ += static_cast<std::size_t>(size);
  return true;
}

char* LineReader::next() {
  bool skipping = false;
  for (;;) {
    char* line = buffer_ + begin_;
    if (void* newline = std::memchr(line, '\n', end_ - begin_)) {
      *static_cast<char*>(newline) = '\0';
      begin_ = static_cast<std::size_t>(static_cast<char*>(newline) - buffer_) + 1;
      if (!skipping) return line;
      skipping = false;
      continue;
    }
    if (end_ - begin_ == sizeof buffer_) {
      skipping = true;
      begin_ = end_ = 0;
    }
    if (!fill()) return nullptr;
  }
}

NumberReader::NumberReader(const char* path) : fd_(open(path, O_RDONLY | O_CLOEXEC)) {}

NumberReader::~NumberReader() {
  if (fd_ >= 0) close(fd_);
}

bool NumberReader::next_byte(char& byte) {
  if (begin_ == end_) {
    begin_ = 0;
    end_ = fd_ < 0 ? 0 : read(fd_, buffer_, sizeof buffer_);
    if (end_ <= 0) {
      end_ = 0;
      return false;
    }
  }
  byte = buffer_[begin_++];
  return true;
}

bool NumberReader::next(pid_t& number) {
  bool any = false;
  number = 0;
  char byte = 0;
  while (next_byte(byte)) {
    const bool digit = byte >= '0' && byte <= '9';
    if (!digit && any) return true;
    if (!digit) continue;
    any = true;
    number = number * 10 + (byte - '0');
  }
  return any;
}

}  // namespace melisai::exec
