#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>

#include "core/api/handlers.h"
#include "core/api/log_files.h"
#include "core/api/sse.h"
#include "core/base/text.h"

namespace melisai::api {
namespace {

constexpr std::size_t kChunkBytes = 8 << 10;  // one event; control characters grow sixfold in JSON
constexpr std::int64_t kAttemptsMax = 1'000;

/// How much of each file of an attempt was sent, as the id of an event:
/// "2|head-build=1024|work=80". All attempts before it were sent whole.
struct LogPosition {
  int attempt = 0;
  std::map<std::string, std::uint64_t, std::less<>> files;

  std::string text() const {
    std::string text = std::to_string(attempt);
    for (const auto& [stage, bytes] : files) text += "|" + stage + "=" + std::to_string(bytes);
    return text;
  }
};

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

std::optional<LogPosition> position_of(std::string_view text) {
  LogPosition position;
  std::size_t end = std::min(text.find('|'), text.size());
  if (!read_number(text.substr(0, end), position.attempt) || position.attempt < 0)
    return std::nullopt;
  while (end < text.size()) {
    text.remove_prefix(end + 1);
    end = std::min(text.find('|'), text.size());
    const std::string_view one = text.substr(0, end);
    const std::size_t sign = one.find('=');
    std::uint64_t bytes = 0;
    if (sign == std::string_view::npos || position.files.size() >= kLogFilesMax ||
        !read_number(one.substr(sign + 1), bytes) || bytes > INT64_MAX)
      return std::nullopt;
    position.files.emplace(one.substr(0, sign), bytes);
  }
  return position;
}

/// Without a character at its end that is not complete yet.
void keep_whole_characters(std::string& text) {
  for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    const auto c = static_cast<unsigned char>(text[text.size() - back]);
    if ((c & 0xC0) == 0x80) continue;
    const std::size_t needed = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;
    if (needed > back) text.resize(text.size() - back);
    return;
  }
}

struct LogWanted {
  std::int64_t run = 0;
  int attempt = 0;  ///< 0: all
  std::string stage;
};

class LogStream final : public http::Stream {
 public:
  LogStream(Api::Parts& parts, LogWanted wanted, LogPosition position)
      : queue_(parts.daemon.queue),
        beats_(parts.beats),
        wanted_(std::move(wanted)),
        position_(std::move(position)) {}

  std::optional<std::string> next() override {
    if (ended_) return std::nullopt;
    // The state before the text: what was written last is sent when it has ended.
    const Result<PipelineRun> run = queue_.run(wanted_.run);
    const Result<std::vector<Attempt>> attempts = queue_.attempts(wanted_.run);
    if (!run || !attempts) return end("the run cannot be read any more", nullptr);
    std::string piece;
    for (const Attempt& attempt : *attempts) {
      if (attempt.number < position_.attempt) continue;
      if (wanted_.attempt != 0 && attempt.number != wanted_.attempt) continue;
      if (attempt.number > position_.attempt) position_ = {.attempt = attempt.number, .files = {}};
      if (!add(attempt, piece)) return piece;
      if (!attempt.ended_at) return piece;
    }
    if (run->state != PipelineRun::State::finished && !is_over(*attempts)) return piece;
    return piece + end(run->reason, run->outcome ? Json(to_string(*run->outcome)) : Json(nullptr));
  }

  void on_more(std::function<void()> wake) override {
    seat_ = beats_.take(Beats::For::growth, std::move(wake));
  }
  std::string keep_alive() const override { return ":\n\n"; }

 private:
  /// The attempt that was asked for has ended.
  bool is_over(const std::vector<Attempt>& attempts) const {
    return std::any_of(attempts.begin(), attempts.end(), [&](const Attempt& attempt) {
      return attempt.number == wanted_.attempt && attempt.ended_at;
    });
  }

  /// What is new of the attempt; false when the piece is full.
  bool add(const Attempt& attempt, std::string& piece) {
    for (const LogFile& file : log_files(attempt, LogOrder::by_name)) {
      if (!wanted_.stage.empty() && file.stage != wanted_.stage) continue;
      const auto known = position_.files.find(file.stage);
      std::uint64_t from = known == position_.files.end() ? 0 : known->second;
      while (from < file.bytes) {
        if (piece.size() >= kStreamPieceBytes) return false;
        std::string text = read_log(file.path, from, kChunkBytes);
        if (from + text.size() < file.bytes || !attempt.ended_at) keep_whole_characters(text);
        if (text.empty()) break;
        position_.files[file.stage] = from + text.size();
        piece += sse_text({.id = position_.text(),
                           .type = "log",
                           .data = text_of({{"attempt", attempt.number},
                                            {"stage", file.stage},
                                            {"offset", from},
                                            {"text", text}})});
        from += text.size();
      }
    }
    return true;
  }

  std::string end(const std::string& reason, Json outcome) {
    ended_ = true;
    return sse_text({.id = position_.text(),
                     .type = "end",
                     .data = text_of({{"outcome", std::move(outcome)}, {"reason", reason}})});
  }

  store::Queue& queue_;
  Beats& beats_;
  LogWanted wanted_;
  LogPosition position_;
  bool ended_ = false;
  Beats::Seat seat_;
};

Result<http::Response> stream_of(Api::Parts& parts, const Call& call) {
  MELISAI_TRY(const PipelineRun run, run_of(parts, call));
  LogWanted wanted{.run = run.id, .stage = text_at(call.request, "stage")};
  MELISAI_TRY(const auto attempt, number_at(call.request, "attempt", {1, kAttemptsMax}));
  wanted.attempt = static_cast<int>(attempt.value_or(0));
  LogPosition position;
  if (const std::string_view last = call.request.header("last-event-id"); !last.empty()) {
    std::optional<LogPosition> seen = position_of(last);
    if (!seen) return Error{Errc::usage, "Last-Event-ID is none that this stream gave"};
    position = *std::move(seen);
  }
  http::Response response{.status = 200, .type = std::string(kEventStreamType)};
  response.stream = std::make_unique<LogStream>(parts, std::move(wanted), std::move(position));
  return response;
}

}  // namespace

void stream_log(Parts& parts, Call call) {
  Result<http::Response> response = stream_of(parts, call);
  call.respond(response ? *std::move(response) : refused(response.error()));
}

}  // namespace melisai::api
