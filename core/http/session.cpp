#include "core/http/session.h"

#include <algorithm>
#include <utility>

namespace melisai::http {
namespace {

// Room for a read. Thousands of slow clients cost the least of it each; who fills it gets more.
constexpr std::size_t kRoomMin = 512;
constexpr std::size_t kRoomMax = 16 << 10;
constexpr Bytes kDrainMax = 4 << 20;  // what a client may send on after its answer
constexpr Bytes kStreamInputMax = 64 << 10;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

Session::Session(std::shared_ptr<Common> common, const boost::asio::any_io_executor& loop,
                 std::unique_ptr<Wire> wire, std::string peer)
    : common_(std::move(common)),
      wire_(std::move(wire)),
      deadline_(loop),
      peer_(std::move(peer)),
      room_(kRoomMin),
      reader_({}) {}

Session::~Session() = default;

void Session::begin() {
  allow_eviction(false);
  limit(common_->options.handshake_timeout);
  wire_->begin([self = shared_from_this()](bool good, std::size_t) {
    if (self->state_ == State::closed) return;
    if (!good) return self->close();
    self->expect_request();
  });
}

void Session::close() {
  if (state_ == State::closed) return;
  const auto self = shared_from_this();
  state_ = State::closed;
  forbid_eviction();
  count_body(0);
  deadline_.cancel();
  wire_->close();
  if (stream_ != nullptr) --common_->counters.streams;
  stream_.reset();
  common_->gone(*this);
}

void Session::limit(Milliseconds time) {
  deadline_.expires_after(time);
  deadline_.async_wait([weak = weak_from_this()](auto error) {
    const auto self = weak.lock();
    if (error || self == nullptr) return;
    // It was set anew when this call was already on its way.
    if (self->deadline_.expiry() > boost::asio::steady_timer::clock_type::now()) return;
    self->expired();
  });
}

void Session::expired() {
  switch (state_) {
    case State::closed: return;
    case State::reading:
      if (!has_begun_) return close();  // nobody asked anything
      ++common_->counters.timeouts;
      return refuse(
          408, "the request took longer than " + format_duration(common_->options.request_timeout));
    case State::answering:
      ++common_->counters.unanswered;
      keep_alive_ = false;
      return send(problem(503, "no answer was found in time"), true);
    case State::streaming:
      if (waits_ != Waits::no) return stream_waited();
      [[fallthrough]];
    case State::beginning:
    case State::continuing:
    case State::writing: ++common_->counters.timeouts; return close();
    case State::lingering: return close();
  }
}

void Session::allow_eviction(bool first) {
  if (is_evictable_) return;
  auto& all = common_->evictable;
  evictable_place_ = all.insert(first ? all.begin() : all.end(), this);
  is_evictable_ = true;
}

void Session::forbid_eviction() {
  if (is_evictable_) common_->evictable.erase(evictable_place_);
  is_evictable_ = false;
}

void Session::expect_request() {
  const ServerOptions& options = common_->options;
  state_ = State::reading;
  has_begun_ = false;
  continued_ = false;
  reader_ = RequestReader({.head_max = options.head_max,
                           .headers_max = options.headers_max,
                           .body_max = options.body_max});
  allow_eviction(false);
  if (!input_.empty()) return consider();
  input_.shrink_to_fit();
  limit(requests_ == 0 ? options.request_timeout : options.idle_timeout);
  read();
}

void Session::read() {
  const std::size_t old = input_.size();
  input_.resize(old + room_);
  reading_ = true;
  wire_->read_some(&input_[old], room_, [self = shared_from_this(), old](bool good, std::size_t n) {
    self->reading_ = false;
    self->input_.resize(old + n);
    self->came(good, n);
  });
}

void Session::came(bool good, std::size_t size) {
  room_ = size < room_ ? kRoomMin : std::min(4 * room_, kRoomMax);
  if (state_ == State::reading) return good ? consider() : close();
  if (state_ != State::streaming && state_ != State::lingering) return;
  drained_ += size;
  if (!good || drained_ > (state_ == State::streaming ? kStreamInputMax : kDrainMax))
    return close();
  drain();
}

void Session::consider() {
  if (!has_begun_ && requests_ > 0) limit(common_->options.request_timeout);
  has_begun_ = true;
  const RequestReader::State read_so_far = reader_.read(input_);
  count_body(reader_.body_bytes());
  switch (read_so_far) {
    case RequestReader::State::refused:
      return refuse(reader_.refusal().status, reader_.refusal().detail);
    case RequestReader::State::whole: return dispatch();
    case RequestReader::State::body:
      if (common_->bodies > common_->options.bodies_max)
        return refuse(503, "too much is being sent at the same time");
      if (reader_.wants_continue() && !std::exchange(continued_, true) &&
          reader_.body_bytes() == 0 && input_.empty())
        return send_continue();
      return read();
    case RequestReader::State::head: return read();
  }
}

void Session::count_body(Bytes bytes) {
  common_->bodies = common_->bodies - counted_body_ + bytes;
  counted_body_ = bytes;
}

void Session::send_continue() {
  state_ = State::continuing;
  wire_->write(kContinue, {}, [self = shared_from_this()](bool good, std::size_t) {
    if (self->state_ != State::continuing) return;
    if (!good) return self->close();
    self->state_ = State::reading;
    self->read();
  });
}

void Session::refuse(int status, const std::string& detail) {
  ++common_->counters.bad_requests;
  forbid_eviction();
  keep_alive_ = false;
  http_1_0_ = false;
  head_method_ = false;
  send(problem(status, detail), true);
  reader_ = RequestReader({});  // what came of its body, which nobody will ask for; owns `detail`
  count_body(0);
}

void Session::dispatch() {
  forbid_eviction();
  Request request = reader_.take();
  count_body(0);
  request.peer = peer_;
  ++requests_;
  ++common_->counters.requests;
  keep_alive_ = reader_.keep_alive() && requests_ < common_->options.requests_per_connection_max;
  http_1_0_ = reader_.is_http_1_0();
  head_method_ = reader_.is_head_method();
  state_ = State::answering;
  limit(common_->options.answer_timeout);
  const auto common = common_;  // the handler may end the server
  common->handler(request, [weak = weak_from_this(), which = requests_](Response response) {
    const auto self = weak.lock();
    if (self == nullptr || self->state_ != State::answering || self->requests_ != which) return;
    self->answer(std::move(response));
  });
}

void Session::answer(Response response) {
  if (!is_sendable(response)) response = problem(500, "the answer cannot be sent");
  if (response.stream == nullptr) return send(std::move(response), !keep_alive_);
  begin_stream(std::move(response));
}

AnswerForm Session::form(Ending ending) const {
  AnswerForm form{.ending = ending, .keep_alive = keep_alive_, .http_1_0 = http_1_0_};
  if (common_->options.clock != nullptr) form.date = common_->options.clock->now();
  return form;
}

void Session::send(Response response, bool then_linger, Ending ending) {
  state_ = State::writing;
  allow_eviction(false);  // else who never reads keeps its place for all of write_timeout
  limit(common_->options.write_timeout);
  out_head_ = head_bytes(response, form(ending));
  if (!head_method_ && has_body(response.status)) out_body_ = std::move(response.body);
  wire_->write(out_head_, out_body_, [self = shared_from_this(), then_linger](bool good, auto) {
    std::string().swap(self->out_head_);
    std::string().swap(self->out_body_);
    if (self->state_ != State::writing) return;
    if (!good) return self->close();
    self->forbid_eviction();  // its place among the others is another one now
    if (then_linger) return self->linger();
    self->expect_request();
  });
}

// Who closes with unread bytes resets the connection, and the client may lose the answer.
void Session::linger() {
  state_ = State::lingering;
  allow_eviction(true);
  limit(common_->options.linger_timeout);
  wire_->finish([self = shared_from_this()](bool good, std::size_t) {
    if (self->state_ != State::lingering) return;
    if (!good) return self->close();
    self->drain();
  });
}

// Reads what nobody wants, so as to learn when the client goes.
void Session::drain() {
  if (reading_) return;
  input_.clear();
  read();
}

}  // namespace melisai::http
