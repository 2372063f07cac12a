import { PUSH_BLOB_CASES } from "../../../../../test/conformance/push-blobs.ts";
import { testConformance } from "../../../../../test/conformance/test-conformance.ts";

testConformance(PUSH_BLOB_CASES);
