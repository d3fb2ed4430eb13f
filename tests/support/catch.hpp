#pragma once

/// Catch2, whichever major version the system has, under one set of names, and a visible skip for both: ctest
/// counts a test case that prints LENET_SKIPPED as skipped.
#include <iostream>
#include <string>

#ifdef LENET_CATCH2_V2
#include <catch2/catch.hpp>
/// Matches a text that holds `part`.
inline auto contains(const std::string& part) { return Catch::Matchers::Contains(part); }
#else
#include <catch2/catch_all.hpp>
using Catch::Approx;
/// Matches a text that holds `part`.
inline auto contains(const std::string& part) { return Catch::Matchers::ContainsSubstring(part); }
#endif

#define LENET_SKIP(reason)                                   \
  do {                                                       \
    std::cout << "LENET_SKIPPED: " << (reason) << std::endl; \
    return;                                                  \
  } while (false)
