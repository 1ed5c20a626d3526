// The daemon's small parts as modules: the queue, whose check is a write, and the control socket.
#pragma once

#include <memory>
#include <string>

#include "core/serve/context.h"
#include "core/serve/control.h"

namespace melisai::serve {

class StorePart final : public supervise::Module {
 public:
  explicit StorePart(Context& context) : context_(context) {}
  void start(Done done) override { done(context_.queue.write_heartbeat(context_.now())); }
  void stop(Done done) override { done({}); }
  void check(Checked done) override {
    std::vector<supervise::Issue> issues;
    // A restart makes no room on a full disk and takes no lock from others, but would end what
    // runs.
    if (const Result<void> written = context_.queue.write_heartbeat(context_.now()); !written)
      issues.push_back({supervise::IssueSeverity::high, written.error().message});
    done(std::move(issues));
  }

 private:
  Context& context_;
};

class ControlPart final : public supervise::Module {
 public:
  ControlPart(boost::asio::io_context& loop, std::string state_dir, ControlServer::Handler handler)
      : loop_(loop), state_dir_(std::move(state_dir)), handler_(std::move(handler)) {}
  void start(Done done) override {
    auto server = ControlServer::listen(loop_, state_dir_, handler_);
    if (!server) return done(server.error());
    server_ = *std::move(server);
    done({});
  }
  void stop(Done done) override {
    server_.reset();
    done({});
  }
  void check(Checked done) override { done(std::vector<supervise::Issue>{}); }

 private:
  boost::asio::io_context& loop_;
  std::string state_dir_;
  ControlServer::Handler handler_;
  std::unique_ptr<ControlServer> server_;
};

}  // namespace melisai::serve
