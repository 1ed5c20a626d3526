// Session: one connection, from the first byte to the last: requests one after the other, each to
// the handler and its answer back, or at last a stream. Closes itself when the client goes or is
// too slow. Server owns the sessions; what the loop still has to finish holds them a little longer.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <list>
#include <memory>
#include <string>

#include "core/http/answer_bytes.h"
#include "core/http/request_reader.h"
#include "core/http/server.h"
#include "core/http/wire.h"

namespace melisai::http {

class Session;

/// What all sessions of a server share.
struct Common {
  ServerOptions options;
  Handler handler;
  ServerCounters counters{};
  Bytes bodies = 0;  ///< room of bodies that are not there whole
  /// Those that nobody misses much, in this order: they have taken their answer, or have been
  /// longest without asking for anything whole, or without taking their answer whole.
  std::list<Session*> evictable{};
  std::function<void(Session&)> gone{};
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(std::shared_ptr<Common> common, const boost::asio::any_io_executor& loop,
          std::unique_ptr<Wire> wire, std::string peer);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void begin();
  void close();  ///< at once; calls Common::gone

 private:
  enum class State {
    beginning,
    reading,
    continuing,  // tells a client that waits for it to send its body
    answering,
    writing,
    streaming,
    lingering,
    closed
  };
  enum class Waits { no, for_more, for_pace, for_loop };  // a stream that writes nothing

  // session.cpp: requests
  void limit(Milliseconds time);
  void expired();
  void allow_eviction(bool first);
  void forbid_eviction();
  void expect_request();
  void read();
  void came(bool good, std::size_t size);
  void consider();
  void count_body(Bytes bytes);
  void send_continue();
  void refuse(int status, const std::string& detail);
  void dispatch();
  void answer(Response response);
  void send(Response response, bool then_linger, Ending ending = Ending::length);
  void linger();
  void drain();
  AnswerForm form(Ending ending) const;

  // session_stream.cpp: an answer without an end
  void begin_stream(Response response);
  void pull();
  void write_piece(std::string bytes);
  void wake();
  void stream_waited();
  void end_stream();

  std::shared_ptr<Common> common_;
  std::unique_ptr<Wire> wire_;
  boost::asio::steady_timer deadline_;
  std::string peer_;
  std::size_t room_;
  State state_ = State::beginning;

  std::list<Session*>::iterator evictable_place_{};
  bool is_evictable_ = false;
  bool reading_ = false;
  bool has_begun_ = false;  // the request that is being read
  bool continued_ = false;
  bool keep_alive_ = false;
  bool http_1_0_ = false;
  bool head_method_ = false;
  int requests_ = 0;  // also tells which of them a Respond is for
  Bytes counted_body_ = 0;
  Bytes drained_ = 0;
  RequestReader reader_;
  std::string input_;
  std::string out_head_;
  std::string out_body_;

  std::shared_ptr<Stream> stream_;  // shared with the call into it, during which we may be closed
  Waits waits_ = Waits::no;
  boost::asio::steady_timer::time_point last_pull_{};
};

}  // namespace melisai::http
