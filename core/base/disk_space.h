// Whether a disk is full, for those who have to know whose fault a failure is.
#pragma once

#include <string>

namespace melisai {

/// What is so, for people, when the disk of that directory takes next to nothing more (space,
/// quota or files); "" when it does, or nobody can tell. It is tried, because what is said to be
/// free may be reserved for others.
std::string full_disk(const std::string& directory);

}  // namespace melisai
