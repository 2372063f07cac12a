import { PULL_CASES } from "../../../../../test/conformance/pull.ts";
import { testConformance } from "../../../../../test/conformance/test-conformance.ts";

testConformance(PULL_CASES);
