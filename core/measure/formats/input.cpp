#include "core/measure/formats/input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/base/text.h"

namespace melisai::formats {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_utf16(std::string_view head) {
  return head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF");
}

}  // namespace

Input::Input(std::string_view text, std::string source, std::size_t chunk_bytes)
    : source_(std::move(source)), text_(text), chunk_bytes_(chunk_bytes) {}

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
      return Error{Errc::interrupted, source_ + ": interrupted while reading"};
    if (count < 0) return error_from_errno(errno, source_ + ": cannot be read");
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  at_end_ = size < kHeadBytes;
  buffer_.resize(size);
  return {};
}

/// The first bytes of the file without its mark.
Result<std::string_view> Input::at_start(std::string_view bytes) const {
  if (is_utf16(bytes))
    return Error{Errc::parse, source_ +
                                  ":1: this is UTF-16 (written by PowerShell's '>'?); "
                                  "convert it to UTF-8"};
  if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
  return bytes;
}

Result<std::string_view> Input::head() {
  if (is_file_ && !has_head_) {
    MELISAI_CHECK(fill());
    has_head_ = true;
  }
  MELISAI_TRY(std::string_view shown,
              at_start(is_file_ ? std::string_view(buffer_) : text_.substr(0, kHeadBytes)));
  shown.remove_prefix(std::min(skipped_, shown.size()));
  return shown;
}

void Input::skip(std::size_t count) {
  const Result<std::string_view> shown = head();
  if (!shown) return;
  const std::string_view left = shown->substr(0, count);
  lines_skipped_ += static_cast<std::size_t>(std::count(left.begin(), left.end(), '\n'));
  skipped_ += left.size();
}

/// The next bytes as they are.
Result<std::string_view> Input::take() {
  if (!is_file_) {
    const std::string_view chunk = text_.substr(0, chunk_bytes_);
    text_.remove_prefix(chunk.size());
    if (text_.empty()) return chunk;
    buffer_ = chunk;
    return std::string_view(buffer_);
  }
  if (!has_head_ && at_end_) return std::string_view();
  if (!has_head_) MELISAI_CHECK(fill());
  has_head_ = false;
  return std::string_view(buffer_);
}

Result<std::string_view> Input::next() {
  if (!std::exchange(at_start_, false)) return take();
  if (!is_file_) {
    MELISAI_TRY(text_, at_start(text_));
    text_.remove_prefix(std::min(skipped_, text_.size()));
    return take();
  }
  MELISAI_TRY(std::string_view bytes, take());
  MELISAI_TRY(bytes, at_start(bytes));
  bytes.remove_prefix(std::min(skipped_, bytes.size()));
  return bytes.empty() ? take() : bytes;
}

}  // namespace melisai::formats
