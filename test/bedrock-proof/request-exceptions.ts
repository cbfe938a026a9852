// Recorded requests that Turnout cannot be made to send as they were, each with the reason.

const UNDERSCORES =
  'a document is called company_policy: AWS documents no underscores, so Turnout sends "company policy"';
const CHUNKS = 'a document given as a list of chunks: the canonical form has documents of bytes';
const S3 = "media in a bucket: Turnout takes none from S3, where they would be read with the operator's rights";

/** The recording's file name without its ending → why. */
export const REQUEST_EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  [
    'dd-trace-py__bedrock_converse_categorical',
    'Claude 3 Sonnet took a native JSON schema, which nobody documents: Turnout has the answer as the input of a tool',
  ],
  ['langchain-aws__test_citations-document0-1', UNDERSCORES],
  ['langchain-aws__test_citations_v1-v0-2', UNDERSCORES],
  ['langchain-aws__test_citations-document1-1', CHUNKS],
  ['langchain-aws__test_citations-document1-2', CHUNKS],
  [
    'openinference-js__should-handle-different-image-formats-with-correct-mime-types',
    'a PNG that says it is a JPEG: Turnout says what it is, since later models refuse the other',
  ],
  [
    'pydantic-ai__test_bedrock_media_kind_delivered_in_tool_result-mistral_document-2',
    'Pixtral took a long tool use id: Mistral documents nine letters and digits, so Turnout sends such ids to all of its models',
  ],
  ['pydantic-ai__test_multimodal_tool_return_matrix-direct-uploaded_file-video-bedrock_claude-2', S3],
  ['pydantic-ai__test_multimodal_tool_return_matrix-direct-uploaded_file-video-bedrock_nova-2', S3],
  ['pydantic-ai__test_multimodal_tool_return_matrix-tool_return_content-uploaded_file-document-bedrock_claude-2', S3],
  ['pydantic-ai__test_multimodal_tool_return_matrix-direct-uploaded_file-document-bedrock_claude-2', S3],
  ['pydantic-ai__test_multimodal_tool_return_matrix-tool_return_content-uploaded_file-document-bedrock_nova-2', S3],
  ['pydantic-ai__test_multimodal_tool_return_matrix-tool_return_content-uploaded_file-video-bedrock_nova-2', S3],
  [
    'req_llm__us_meta_llama3_2_3b_instruct_v1_0-no_tool',
    'refused by Bedrock (400), as the model takes no tools: Turnout says so itself, before it is sent',
  ],
]);
