#pragma once

#include <string>
#include <string_view>

namespace lenet::cli {

/// The version, "0.2.0", and the day of its release, "2026-11-27", of the change log.
extern const std::string_view kVersion;
extern const std::string_view kReleaseDay;

/// Returns "lenet 0.2.0 (commit 0123456789ab)", with "-dirty" after the commit if the sources had changes
/// that were not committed, or "commit unknown" if they were not in a Git repository.
std::string version_text();

}  // namespace lenet::cli
