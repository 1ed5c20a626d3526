// HiddenMemory: what this process knows is not for others of its user.
#pragma once

namespace melisai::serve {

/// From now on only root can read the memory and the environment of this process (/proc/PID/mem,
/// /proc/PID/environ, ptrace), and it leaves no core file. What it executes starts afresh. What is
/// pushed runs with our user; where that is root, this changes nothing.
void hide_memory();

}  // namespace melisai::serve
