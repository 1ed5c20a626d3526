// Shared by the tests of collect: collectors written in Python into a directory of their own, and a
// worker that only runs them.
#pragma once

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/collect/collect.h"
#include "tests/unit/base/process_fixture.h"

namespace melisai::collect {

// A collector that does everything right. What a test adds stands before the loop and may redefine
// each function.
inline constexpr char kPrelude[] = R"(#!/usr/bin/python3
import json, os, signal, struct, sys, time
name = os.path.basename(__file__)
watches = False
metrics = [dict(name='answer', unit='count', better='higher', tier=1, help='h', source='s',
                privilege=''),
           dict(name='share', unit='ratio', better='lower', tier=4, help='', source='',
                privilege='')]
first_launch = not os.path.exists(__file__ + '.was')
open(__file__ + '.was', 'w').close()
def crash(): os.kill(os.getpid(), signal.SIGSEGV)
def hang(): time.sleep(1000)
def send_bytes(data):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
def send(type, **fields):
    body = json.dumps(dict(fields, type=type)).encode()
    send_bytes(struct.pack('<I', len(body)) + body)
def log(level, text): send('log', level=level, text=text)
def sample(id, **values):
    send('samples', id=id, samples=[dict(metric=k, value=v) for k, v in values.items()])
def hello(m): send('hello', protocol=1, name=name, version='1.2', watches=watches, metrics=metrics)
def ping(m): send('pong', id=m['id'])
def start(m): send('started', id=m['id'])
def stop(m):
    sample(m['id'], answer=42)
    send('stopped', id=m['id'])
def quit(m): sys.exit(0)
)";

inline constexpr char kLoop[] = R"(
while True:
    head = sys.stdin.buffer.read(4)
    if len(head) < 4: sys.exit(0)
    message = json.loads(sys.stdin.buffer.read(struct.unpack('<I', head)[0]))
    globals()[message['type']](message)
)";

class CollectFixture : public process_test::ProcessFixture {
 protected:
  CollectFixture() : descriptors_(process_test::open_descriptors()) {
    mkdir(path("plugins").c_str(), 0700);
    // The real one would load a plugin or run a program under limits.
    write_program(path("worker"), "#!/bin/sh\nwhile [ $# -gt 1 ]; do shift; done\nexec \"$1\"\n");
    options_.start_max = Milliseconds(5'000);
    options_.stop_max = Milliseconds(5'000);
  }
  // The base class then checks that no process is left.
  ~CollectFixture() override {
    collectors_.reset();
    EXPECT_EQ(process_test::open_descriptors(), descriptors_);
  }

  static void write_program(const std::string& file, const std::string& text) {
    std::ofstream(file) << text << std::flush;
    chmod(file.c_str(), 0755);
  }
  void add(const std::string& name, const std::string& python = "") const {
    write_program(path("plugins/" + name), kPrelude + python + kLoop);
  }

  Collectors& load(const HostProfile& profile = {}) {
    collectors_ = std::make_unique<Collectors>(
        PluginPlaces{.directories = {path("plugins")}, .worker = path("worker")}, options_, clock_,
        std::function<bool()>(), protocol::CollectorConfig(), profile);
    collectors_->load();
    return *collectors_;
  }
  std::vector<Sample> window() {
    collectors_->before_exec({.root_pid = 77, .cgroup = "/sys/fs/cgroup/x"});
    collectors_->after_last({.root_pid = 77, .cgroup = "/sys/fs/cgroup/x"});
    return collectors_->take_samples();
  }
  CollectorResult result(const std::string& name) const {
    for (const CollectorResult& result : collectors_->results()) {
      if (result.name == name) return result;
    }
    ADD_FAILURE() << "no result of " << name;
    return {};
  }
  // "name.metric=value", in order.
  static std::vector<std::string> texts(const std::vector<Sample>& samples) {
    std::vector<std::string> result;
    for (const Sample& sample : samples)
      result.push_back(sample.collector + "." + sample.metric.name + "=" +
                       std::to_string(static_cast<int>(sample.value)));
    return result;
  }

  std::size_t descriptors_;
  SystemClock clock_;
  CollectOptions options_;
  std::unique_ptr<Collectors> collectors_;
};

}  // namespace melisai::collect
