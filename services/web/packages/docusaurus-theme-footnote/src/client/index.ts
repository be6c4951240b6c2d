export {ChatKitApi} from './api';
export {Chat, type ChatState, type ThreadStore} from './chat';
export {ApiError} from './errors';
export * from './protocol';
export {makeGetClientSecret, memoryStore, withClientSecret, type GetClientSecret, type SecretStore} from './session';
