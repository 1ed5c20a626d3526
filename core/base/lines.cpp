#include "core/base/lines.h"

#include <cerrno>
#include <utility>

#include "core/base/fd.h"
#include "core/base/text.h"
#include "core/base/units.h"

namespace melisai {
namespace {

constexpr std::size_t kReadBytes = 256 << 10;

bool is_standard_input(const std::string& file) { return file == "-"; }

Error error_of(int number, const std::string& source) {
  // Only a request to stop interrupts a call.
  if (number == EINTR) return {Errc::interrupted, "interrupted while reading " + source};
  return error_from_errno(number, "cannot read " + source);
}

}  // namespace

LineCutter::LineCutter(std::string source, std::size_t line_bytes_max)
    : source_(std::move(source)), line_bytes_max_(line_bytes_max) {}

Result<void> LineCutter::add(std::string_view bytes, const EachLine& each) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    if (rest_.size() + part.size() > line_bytes_max_) {
      ++number_;
      return too_long();
    }
    if (end == std::string_view::npos) {
      rest_ += part;
      return {};
    }
    ++number_;
    if (rest_.empty()) {
      MELISAI_CHECK(each(part));
    } else {
      rest_ += part;
      MELISAI_CHECK(each(rest_));
      rest_.clear();
    }
    bytes.remove_prefix(end + 1);
  }
  return {};
}

Result<void> LineCutter::finish(const EachLine& each) {
  ++number_;
  const std::string last = std::exchange(rest_, "");
  return each(last);
}

std::string LineCutter::place() const { return source_ + ":" + std::to_string(number_); }

Error LineCutter::too_long() const {
  return {Errc::limit, place() + ": the line is longer than " +
                           format_bytes(static_cast<Bytes>(line_bytes_max_)) +
                           "; is this the right file?"};
}

std::string input_name(const std::string& file) {
  return is_standard_input(file) ? "standard input" : printable(file);
}

Result<void> read_parts(const std::string& file,
                        const std::function<Result<void>(std::string_view bytes)>& take) {
  const std::string source = input_name(file);
  // Links and pipes are followed: it is the caller's own file, and <(...) is one.
  const Fd opened(is_standard_input(file) ? -1 : open(file.c_str(), O_RDONLY | O_CLOEXEC));
  const int fd = is_standard_input(file) ? STDIN_FILENO : opened.get();
  if (fd < 0) return error_of(errno, source);
  std::string buffer(kReadBytes, '\0');
  while (true) {
    const ssize_t count = read(fd, buffer.data(), buffer.size());
    if (count < 0) return error_of(errno, source);
    if (count == 0) return {};
    MELISAI_CHECK(take(std::string_view(buffer).substr(0, static_cast<std::size_t>(count))));
  }
}

}  // namespace melisai
