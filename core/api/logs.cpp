#include <algorithm>
#include <utility>

#include "core/api/handlers.h"
#include "core/api/log_files.h"

namespace melisai::api {
namespace {

constexpr std::int64_t kAttemptsMax = 1'000;

/// A stretch of files after one another, as long as they were when it was asked for.
class LogStretch final : public http::Stream {
 public:
  struct Part {
    std::string head;
    LogFile file;
  };
  LogStretch(std::vector<Part> parts, const ByteRange& range)
      : parts_(std::move(parts)), from_(range.from), to_(range.to) {}

  std::optional<std::string> next() override {
    std::uint64_t start = 0;
    for (const Part& part : parts_) {
      const std::uint64_t size = part.head.size() + part.file.bytes;
      if (from_ < to_ && from_ < start + size) return piece_of(part, from_ - start);
      start += size;
    }
    return std::nullopt;
  }
  bool is_broken() const override { return from_ < to_; }
  void on_more(std::function<void()>) override {}

 private:
  std::optional<std::string> piece_of(const Part& part, std::uint64_t at) {
    const std::uint64_t left = to_ - from_;
    std::string piece = at < part.head.size()
                            ? part.head.substr(at, left)
                            : read_log(part.file.path, at - part.head.size(),
                                       std::min({std::uint64_t{kLogPieceBytes}, left,
                                                 part.head.size() + part.file.bytes - at}));
    if (piece.empty()) return std::nullopt;  // it is gone, or shorter than it was
    from_ += piece.size();
    return piece;
  }

  std::vector<Part> parts_;
  std::uint64_t from_;
  std::uint64_t to_;
};

struct LogWanted {
  std::optional<std::int64_t> attempt;
  std::string stage;
};

/// With the lines that `melisai-gate logs` puts between them; one stage of one attempt has none.
std::vector<LogStretch::Part> parts_of(const std::vector<Attempt>& attempts,
                                       const LogWanted& wanted) {
  std::vector<LogStretch::Part> parts;
  for (const Attempt& attempt : attempts) {
    if (wanted.attempt && attempt.number != *wanted.attempt) continue;
    bool is_first = attempts.size() > 1 && !wanted.attempt;
    for (LogFile& file : log_files(attempt, LogOrder::by_time)) {
      if (!wanted.stage.empty() && file.stage != wanted.stage) continue;
      std::string head;
      if (std::exchange(is_first, false))
        head += "==> attempt " + std::to_string(attempt.number) + " <==\n";
      if (wanted.stage.empty() && file.bytes > 0) head += "==> " + file.stage + ".log <==\n";
      parts.push_back({std::move(head), std::move(file)});
    }
  }
  return parts;
}

http::Response log_answer(std::vector<LogStretch::Part> parts, std::string_view range_header) {
  std::uint64_t size = 0;
  for (const LogStretch::Part& part : parts) size += part.head.size() + part.file.bytes;
  const ByteRange range = parse_range(range_header, size);
  if (range.kind == ByteRange::Kind::outside) {
    http::Response response = http::problem(416, "the log has " + std::to_string(size) + " bytes");
    response.headers.push_back({"Content-Range", "bytes */" + std::to_string(size)});
    return response;
  }
  http::Response response{.status = 200, .type = "text/plain; charset=utf-8"};
  response.headers.push_back({"Accept-Ranges", "bytes"});
  if (range.kind == ByteRange::Kind::part) {
    response.status = 206;
    response.headers.push_back({"Content-Range", "bytes " + std::to_string(range.from) + "-" +
                                                     std::to_string(range.to - 1) + "/" +
                                                     std::to_string(size)});
  }
  response.stream = std::make_unique<LogStretch>(std::move(parts), range);
  return response;
}

Result<http::Response> log_of(Parts& parts, const Call& call) {
  MELISAI_TRY(const PipelineRun run, run_of(parts, call));
  LogWanted wanted{.stage = text_at(call.request, "stage")};
  MELISAI_TRY(wanted.attempt, number_at(call.request, "attempt", {1, kAttemptsMax}));
  MELISAI_TRY(const std::vector<Attempt> attempts, parts.daemon.queue.attempts(run.id));
  std::vector<LogStretch::Part> found = parts_of(attempts, wanted);
  if (found.empty() && (!wanted.stage.empty() || wanted.attempt))
    return Error{Errc::not_found,
                 name_of(run) + " has no such log; 'attempts' of the run names what there is"};
  return log_answer(std::move(found), call.request.header("range"));
}

}  // namespace

void show_log(Parts& parts, Call call) {
  Result<http::Response> response = log_of(parts, call);
  call.respond(response ? *std::move(response) : refused(response.error()));
}

}  // namespace melisai::api
