import { PUSH_MANIFEST_CASES } from "../../../../../test/conformance/push-manifests.ts";
import { testConformance } from "../../../../../test/conformance/test-conformance.ts";

testConformance(PUSH_MANIFEST_CASES);
