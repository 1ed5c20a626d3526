// A network namespace of its own with loopback, where the test may have one: then nothing else on
// the machine is counted. Elsewhere it shares the machine's and compares before and after.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/unit/plugins/enter_network.h"

namespace melisai::plugins::procfs {

/// What `observe` returned, called in a child.
inline nlohmann::json in_own_network(const std::function<nlohmann::json()>& observe) {
  std::array<int, 2> ends{};
  EXPECT_EQ(pipe(ends.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    enter_own_network();
    const std::string text = observe().dump();
    _exit(write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  close(ends[1]);
  std::string text;
  std::array<char, 4096> chunk{};
  for (ssize_t size = 0; (size = read(ends[0], chunk.data(), chunk.size())) > 0;)
    text.append(chunk.data(), static_cast<std::size_t>(size));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  return nlohmann::json::parse(text, nullptr, false);
}

}  // namespace melisai::plugins::procfs
