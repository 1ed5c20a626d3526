#include "core/measure/formats/input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "core/base/text.h"

namespace melisai::formats {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view without_mark(std::string_view head) {
  if (head.starts_with(kByteOrderMark)) head.remove_prefix(kByteOrderMark.size());
  return head;
}

bool is_utf16(std::string_view head) {
  return head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF");
}

}  // namespace

Input::Input(std::string_view text, std::string source) : source_(std::move(source)), text_(text) {}

Result<Input> Input::open(const std::string& path) {
  Input input;
  input.is_file_ = true;
  if (path == "-") {
    input.source_ = "standard input";
    input.fd_ = Fd(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
  } else {
    input.source_ = printable(path);
    input.fd_ = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  }
  if (input.fd_.get() < 0) return error_from_errno(errno, "cannot read " + input.source_);
  struct stat status {};
  if (fstat(input.fd_.get(), &status) == 0 && S_ISDIR(status.st_mode))
    return Error{Errc::parse, input.source_ + " is a directory, not a file"};
  return input;
}

/// Until the buffer is full or the file ends.
Result<void> Input::fill() {
  buffer_.resize(kHeadBytes);
  std::size_t size = 0;
  while (size < kHeadBytes) {
    const ssize_t count = read(fd_.get(), buffer_.data() + size, kHeadBytes - size);
    // Only a request to stop interrupts a read.
    if (count < 0 && errno == EINTR)
      return Error{Errc::interrupted, "interrupted while reading " + source_};
    if (count < 0) return error_from_errno(errno, "cannot read " + source_);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  at_end_ = size < kHeadBytes;
  buffer_.resize(size);
  return {};
}

Result<std::string_view> Input::head() {
  if (is_file_ && !has_head_) {
    MELISAI_CHECK(fill());
    has_head_ = true;
  }
  std::string_view head = is_file_ ? std::string_view(buffer_) : text_.substr(0, kHeadBytes);
  if (is_utf16(head))
    return Error{Errc::parse, source_ +
                                  ":1: this is UTF-16 (written by PowerShell's '>'?); "
                                  "convert it to UTF-8"};
  return without_mark(head);
}

Result<std::string_view> Input::next() {
  if (!has_head_ && at_end_) return std::string_view();
  std::string_view bytes = text_;
  if (is_file_) {
    if (!has_head_) MELISAI_CHECK(fill());
    bytes = buffer_;
  } else {
    at_end_ = true;
  }
  has_head_ = false;
  if (!std::exchange(at_start_, false)) return bytes;
  return without_mark(bytes).substr(skipped_);
}

bool Input::rewind() {
  if (is_file_ && lseek(fd_.get(), 0, SEEK_SET) != 0) return false;
  has_head_ = false;
  at_end_ = false;
  at_start_ = true;
  skipped_ = 0;
  return true;
}

}  // namespace melisai::formats
