#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

#include "core/api/handlers.h"
#include "core/api/sse.h"
#include "core/base/config.h"
#include "core/base/text.h"

namespace melisai::api {
namespace {

using supervise::Event;
using supervise::EventType;

constexpr std::size_t kEventsAtOnce = 8;     // an event has at most some 10 KiB
constexpr std::size_t kLookedThrough = 256;  // before a piece of a picky client ends without one
constexpr std::string_view kRetry = "retry: 2000\n\n";

constexpr std::array kTypes{
    EventType::workflow_started, EventType::workflow_completed, EventType::workflow_failed,
    EventType::engine_status,    EventType::status_update,      EventType::health_check_response,
    EventType::module_starting,  EventType::module_running,     EventType::module_stopping,
    EventType::module_stopped,   EventType::module_failed,      EventType::module_health,
    EventType::system_status};

struct EventFilter {
  std::string project;
  std::set<EventType> types;  ///< empty: all

  bool takes(const Event& event) const {
    return (types.empty() || types.contains(event.type)) &&
           (project.empty() || event.run.starts_with(project + "/"));
  }
};

Result<EventFilter> filter_of(const http::Request& request) {
  EventFilter filter{.project = text_at(request, "project")};
  std::string names = text_at(request, "type");
  while (!names.empty()) {
    const std::size_t end = std::min(names.find(','), names.size());
    const std::string name = names.substr(0, end);
    names.erase(0, end + 1);
    std::vector<std::string> known;
    for (const EventType type : kTypes) known.emplace_back(name_of(type));
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end())
      return Error{Errc::usage,
                   "unknown type " + in_quotes(name) + suggestion(name, known, "known")};
    filter.types.insert(kTypes[static_cast<std::size_t>(found - known.begin())]);
  }
  return filter;
}

std::string text_of_event(const Event& event) {
  const Json data = event.data.empty() ? Json(nullptr) : Json::parse(event.data, nullptr, false);
  return text_of({{"number", event.number},
                  {"time", utc_time_ms(event.time)},
                  {"type", name_of(event.type)},
                  {"severity", name_of(event.severity)},
                  {"source", event.source},
                  {"run", event.run},
                  {"pipeline", event.pipeline},
                  {"engine", event.engine},
                  {"message", event.message},
                  {"data", data.is_discarded() ? Json(event.data) : data}});
}

/// "17-68f1c2": the number of an event, and which life of the daemon counted it.
struct Position {
  std::uint64_t number = 0;
  std::string life;  ///< "" when it is not said
};

std::optional<Position> position_of(std::string_view text) {
  Position position;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), position.number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (!text.empty() && text.front() != '-') return std::nullopt;
  position.life = text.empty() ? "" : text.substr(1);
  return position;
}

class EventStream final : public http::Stream {
 public:
  EventStream(Api::Parts& parts, EventFilter filter, std::uint64_t cursor)
      : bus_(parts.daemon.bus),
        beats_(parts.beats),
        life_(parts.life),
        filter_(std::move(filter)),
        cursor_(cursor) {}

  /// What the client had seen is of another life of the daemon: nobody knows what it missed.
  void tell_restart() {
    waiting_ += sse_text({.id = id(), .type = "gap", .data = R"({"dropped":null})"});
  }

  std::optional<std::string> next() override {
    std::string piece = std::exchange(waiting_, "");
    for (std::size_t seen = 0; piece.size() < kStreamPieceBytes && seen < kLookedThrough &&
                               cursor_ < beats_.released();) {
      const supervise::EventBatch batch =
          bus_.after(cursor_, std::min<std::uint64_t>(kEventsAtOnce, beats_.released() - cursor_));
      if (batch.cursor == cursor_) break;
      seen += batch.events.size();
      if (batch.dropped > 0) {
        cursor_ += batch.dropped;
        piece +=
            sse_text({.id = id(), .type = "gap", .data = text_of({{"dropped", batch.dropped}})});
      }
      for (const Event& event : batch.events) {
        cursor_ = event.number;
        if (filter_.takes(event))
          piece +=
              sse_text({.id = id(), .type = name_of(event.type), .data = text_of_event(event)});
      }
    }
    // All that was looked at was for others: more may be there, so something has to be sent.
    if (piece.empty() && cursor_ < beats_.released()) piece = sse_position(id());
    return piece;
  }

  void on_more(std::function<void()> wake) override {
    seat_ = beats_.take(Beats::For::news, std::move(wake));
  }

  /// Where the client is, also when all events were for others.
  std::string keep_alive() const override { return sse_position(id()); }

 private:
  std::string id() const { return std::to_string(cursor_) + "-" + life_; }

  supervise::EventBus& bus_;
  Beats& beats_;
  std::string life_;
  EventFilter filter_;
  std::uint64_t cursor_;
  std::string waiting_ = std::string(kRetry);
  Beats::Seat seat_;
};

}  // namespace

void stream_events(Parts& parts, Call call) {
  Result<EventFilter> filter = filter_of(call.request);
  if (!filter) return call.respond(refused(filter.error()));
  const std::string_view last = call.request.header("last-event-id");
  const std::optional<Position> seen = position_of(last);
  if (!last.empty() && !seen)
    return call.respond(http::problem(400, "Last-Event-ID is none that this stream gave"));
  // Without one only what happens from now on; of another life all that is still there.
  const bool restarted = seen && ((!seen->life.empty() && seen->life != parts.life) ||
                                  seen->number > parts.beats.newest());
  const std::uint64_t cursor = !seen       ? parts.beats.released()
                               : restarted ? parts.daemon.bus.after(0, 0).cursor
                                           : seen->number;
  auto stream = std::make_unique<EventStream>(parts, *std::move(filter), cursor);
  if (restarted) stream->tell_restart();
  call.respond({.status = 200, .type = std::string(kEventStreamType), .stream = std::move(stream)});
}

}  // namespace melisai::api
