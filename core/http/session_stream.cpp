// The streaming half of a Session.
#include <boost/asio/post.hpp>
#include <utility>

#include "core/http/session.h"

namespace melisai::http {

void Session::begin_stream(Response response) {
  ServerCounters& counters = common_->counters;
  if (head_method_) {
    response.stream.reset();
    keep_alive_ = false;
    return send(std::move(response), true, Ending::close);  // nobody knows its length
  }
  if (counters.streams >= common_->options.streams_max) {
    Response full = problem(503, "too many streams are open; try again later");
    full.headers.push_back({"Retry-After", "10"});
    return send(std::move(full), !keep_alive_);
  }
  ++counters.streams;
  stream_ = std::move(response.stream);
  state_ = State::streaming;
  keep_alive_ = false;
  std::string head = head_bytes(response, form(http_1_0_ ? Ending::close : Ending::chunked));
  std::string().swap(input_);
  write_piece(std::move(head));
  drain();
  stream_->on_more([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->wake();
  });
}

// Not at once: whoever wakes a thousand streams is in the middle of something.
void Session::wake() {
  if (state_ != State::streaming || waits_ != Waits::for_more) return;
  waits_ = Waits::for_loop;
  boost::asio::post(deadline_.get_executor(), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self == nullptr || self->state_ != State::streaming) return;
    if (self->waits_ == Waits::for_loop) self->pull();
  });
}

void Session::pull() {
  const auto now = boost::asio::steady_timer::clock_type::now();
  const Pace& pace = common_->options.pace;
  if (pace.slow && now < last_pull_ + pace.every && pace.slow()) {
    waits_ = Waits::for_pace;
    return limit(std::chrono::ceil<Milliseconds>(last_pull_ + pace.every - now));
  }
  last_pull_ = now;
  waits_ = Waits::for_more;  // a wake() out of next() counts
  const auto stream = stream_;
  std::optional<std::string> piece = stream->next();
  if (state_ != State::streaming) return;
  if (!piece) return stream->is_broken() ? close() : end_stream();
  if (piece->empty()) return limit(common_->options.stream_keep_alive);
  write_piece(http_1_0_ ? std::move(*piece) : chunk_bytes(*piece));
}

void Session::stream_waited() {
  if (waits_ == Waits::for_loop) return;
  if (std::exchange(waits_, Waits::no) == Waits::for_pace) return pull();
  const auto stream = stream_;
  const std::string sign = stream->keep_alive();
  if (state_ != State::streaming) return;
  if (sign.empty()) return pull();
  write_piece(http_1_0_ ? sign : chunk_bytes(sign));
}

void Session::write_piece(std::string bytes) {
  waits_ = Waits::no;
  out_body_ = std::move(bytes);
  limit(common_->options.write_timeout);
  wire_->write(out_body_, {}, [self = shared_from_this()](bool good, std::size_t) {
    std::string().swap(self->out_body_);
    if (self->state_ != State::streaming) return;
    if (!good) return self->close();
    self->pull();
  });
}

void Session::end_stream() {
  stream_.reset();
  --common_->counters.streams;
  state_ = State::writing;
  allow_eviction(false);
  limit(common_->options.write_timeout);
  wire_->write(http_1_0_ ? std::string_view() : kLastChunk, {},
               [self = shared_from_this()](bool good, std::size_t) {
                 if (self->state_ != State::writing) return;
                 if (!good) return self->close();
                 self->forbid_eviction();
                 self->linger();
               });
}

}  // namespace melisai::http
